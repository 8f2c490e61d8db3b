# Random-intercept logistic models by glmer and rma.glmm. Run: Rscript tests/reference/own/logistic.R
# Needs lme4 and metafor (Debian: r-cran-lme4 r-cran-metafor).
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages({library(lme4); library(metafor)})

invent <- function(n, mean, tau) data.frame(n = n, events = rbinom(length(n), n, plogis(rnorm(length(n), mean, tau))))
sets <- list(
  thirty_uneven = invent(round(exp(runif(30, log(8), log(150)))), -0.4, 0.6),
  twelve = invent(c(9, 14, 25, 11, 40, 33, 18, 60, 15, 22, 80, 31), 0.5, 1.1),
  four_small = invent(c(8, 9, 12, 10), -1, 1),
  rare = invent(rep(c(20, 45), 8), -3, 0.9),
  alike = data.frame(n = c(20, 30, 40, 50), events = c(8, 13, 16, 20)),
  empty_sites = data.frame(n = c(7, 7, 7, 12, 9), events = c(0, 7, 3, 12, 1))
)
# glmer's deviance as a function of (tau, intercept), followed to where it is level by Newton steps on numerical derivatives.
at_the_top <- function(d, nodes) {
  first <- suppressMessages(suppressWarnings(
    glmer(cbind(events, n - events) ~ 1 + (1 | site), transform(d, site = factor(seq_along(n))), binomial, nAGQ = nodes)))
  deviance_of <- update(first, devFunOnly = TRUE, control = glmerControl(tolPwrss = 1e-11))
  constant <- -2 * as.numeric(logLik(first)) - deviance_of(c(getME(first, "theta"), fixef(first)))
  of <- function(p) deviance_of(c(p[2], p[1]))
  at <- c(fixef(first), getME(first, "theta"))
  is_singular <- at[2] < 1e-4
  if (is_singular) {
    at[2] <- 0
    for (step in 1:5) at[1] <- at[1] - numDeriv::grad(function(b) of(c(b, 0)), at[1]) / drop(numDeriv::hessian(function(b) of(c(b, 0)), at[1]))
    covariance <- matrix(c(2 / drop(numDeriv::hessian(function(b) of(c(b, 0)), at[1])), 0, 0, 0), 2)
  } else {
    for (step in 1:8) at <- at - solve(numDeriv::hessian(of, at), numDeriv::grad(of, at))
    covariance <- 2 * solve(numDeriv::hessian(of, at))
  }
  b <- at[[1]]
  tau <- abs(at[[2]])
  average <- function(f) integrate(function(u) f(u) * dnorm(u), -12, 12, rel.tol = 1e-12, subdivisions = 1000)$value
  share <- average(function(u) plogis(b + tau * u))
  direction <- c(average(function(u) dlogis(b + tau * u)), average(function(u) u * dlogis(b + tau * u)))
  error <- sqrt(drop(direction %*% covariance %*% direction)) / (share * (1 - share))
  limits <- plogis(qlogis(share) + c(-1, 1) * qt(0.975, nrow(d) - 1) * error)
  list(intercept = b, intercept_se = sqrt(covariance[1, 1]), tau = tau, log_likelihood = -(of(at) + constant) / 2,
       share = share, low = limits[1], high = limits[2], median_share = plogis(b), is_singular = is_singular,
       by_default = list(intercept = unname(fixef(first)), intercept_se = sqrt(vcov(first)[1, 1]),
                         tau = unname(getME(first, "theta")), log_likelihood = as.numeric(logLik(first))))
}
fits <- list()
for (set in names(sets)) for (nodes in c(1, 7, 25)) {
  fits[[length(fits) + 1]] <- c(list(set = set, nodes = nodes), at_the_top(sets[[set]], nodes))
}
by_metafor <- lapply(setdiff(names(sets), c("alike", "empty_sites")), function(set) {
  m <- suppressWarnings(rma.glmm(measure = "PLO", xi = events, ni = n, data = sets[[set]], model = "UM.FS", nAGQ = 7))
  list(set = set, intercept = as.numeric(m$beta), intercept_se = m$se, tau = sqrt(m$tau2))
})
pin("logistic", list(sets = sets, fits = fits, by_metafor = by_metafor), c("lme4", "metafor"))
