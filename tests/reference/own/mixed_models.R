# Linear mixed models by lme4 and lmerTest, told to go on. Run: Rscript tests/reference/own/mixed_models.R
# Needs lme4 and lmerTest (Debian: r-cran-lme4 r-cran-lmertest).
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages({library(lme4); library(lmerTest)})
# A search by function values stops once the likelihood no longer changes in double precision; Newton steps on its numerical
# derivatives go on to where it is level.
to_the_top <- function(fn, par, lower, upper, control) {
  found <- minqa::bobyqa(par, fn, lower, upper, control = list(rhobeg = 0.2, rhoend = 1e-9, maxfun = 1e6))
  theta <- found$par
  free <- which(theta > 1e-3)
  of_free <- function(value) fn(replace(replace(theta, setdiff(seq_along(theta), free), 0), free, value))
  for (step in seq_len(if (length(free)) 6 else 0)) {
    theta[free] <- theta[free] - solve(numDeriv::hessian(of_free, theta[free]), numDeriv::grad(of_free, theta[free]))
  }
  theta[setdiff(seq_along(theta), free)] <- 0
  list(par = theta, fval = fn(theta), conv = 0, feval = 0, message = "")
}
tight <- lmerControl(optimizer = to_the_top, calc.derivs = FALSE, check.conv.singular = "ignore")

invent_women <- function(sizes, between, slope) {
  site <- rep(seq_along(sizes) - 1L, sizes)
  pre <- round(rnorm(length(site), 45, 11))
  mother <- rbinom(length(site), 1, 0.4)
  within <- mother - ave(mother, site)
  level <- rnorm(length(sizes), 0, between)[site + 1]
  steep <- rnorm(length(sizes), 0, slope)[site + 1]
  improvement <- round(0.4 * pre - 9 + level + (2 + steep) * within + rnorm(length(site), 0, 9), 1)
  data.frame(site = site, pre = pre, within = within, improvement = improvement)
}
fit_of <- function(formula, women) {
  m <- lmerTest::lmer(formula, data = women, control = tight)
  variances <- as.data.frame(VarCorr(m))$vcov
  effects <- as.data.frame(ranef(m, condVar = TRUE))
  of <- function(term, column) effects[effects$term == term, column]
  table <- coef(summary(m))
  list(estimate = unname(table[, "Estimate"]), se = unname(table[, "Std. Error"]), df = unname(table[, "df"]),
       covariance = unname(as.matrix(vcov(m))), variance_site = variances[1],
       variance_slope = if (length(variances) == 3) variances[2] else NA, variance_residual = tail(variances, 1),
       intercepts = of("(Intercept)", "condval"), intercepts_se = of("(Intercept)", "condsd"),
       slopes = of("within", "condval"), slopes_se = of("within", "condsd"), log_likelihood = as.numeric(logLik(m)),
       is_singular = isSingular(m, tol = 1e-5))
}
sets <- list(
  thirty_uneven = invent_women(round(exp(runif(30, log(6), log(90)))), 3, 3),
  eight = invent_women(c(9, 14, 25, 11, 40, 33, 18, 60), 4, 2.5),
  four_small = invent_women(c(5, 7, 6, 9), 6, 0.1),
  alike = invent_women(rep(20, 12), 0, 0)
)
models <- list(
  intercept = improvement ~ 1 + (1 | site), adjusted = improvement ~ pre + (1 | site),
  slope = improvement ~ within + pre + (1 | site) + (0 + within | site)
)
fits <- list()
for (set in names(sets)) for (model in names(models)) {
  fits[[length(fits) + 1]] <- c(list(set = set, model = model), fit_of(models[[model]], sets[[set]]))
}
pin("mixed_models", list(sets = sets, fits = fits), c("lme4", "lmerTest"))
