# Makes the pinned values in this folder from data invented here. Run: Rscript tests/reference/own/make.R
# Needs R >= 4.2 with metafor (>= 3.8) and jsonlite (Debian: r-base-core r-cran-metafor r-cran-jsonlite).
# metafor stops its searches early by default; `tight` and `tight_search` let it go on, so that values hold to 1e-9.
suppressPackageStartupMessages({library(metafor); library(jsonlite)})
set.seed(20261122, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
file_argument <- grep("^--file=", commandArgs(), value = TRUE)
here <- dirname(normalizePath(sub("^--file=", "", file_argument)))
tight <- list(threshold = 1e-10, maxiter = 100000, tol = 1e-13, tau2.max = 1e6)
tight_search <- list(tol = 1e-13, maxiter = 100000, tau2.max = 1e6)
made_with <- list(r = R.version.string, metafor = as.character(packageVersion("metafor")))
pin <- function(name, content) {
  write_json(c(list(made_with = made_with), content), file.path(here, paste0(name, ".json")),
             digits = NA, auto_unbox = TRUE, na = "null", null = "null")
}

# ---- meta-analysis -------------------------------------------------------------------------------------------------
invent_sites <- function(k, mean, tau, n = round(exp(runif(k, log(10), log(160))))) {
  se <- 11 / sqrt(n) * runif(k, 0.8, 1.2)
  data.frame(effect = round(rnorm(k, mean, sqrt(tau^2 + se^2)), 3), variance = round(se^2, 4))
}
sites <- list(
  thirty = invent_sites(30, 9, 2.5),
  twelve_alike = transform(invent_sites(12, 7, 0), effect = 7 + 0.2 * (effect - 7)),
  eight_far = invent_sites(8, 5, 9),
  five = invent_sites(5, 10, 3),
  three_uneven = data.frame(effect = c(12.5, 3.25, 6), variance = c(0.04, 9, 2.25)),
  two = data.frame(effect = c(4.5, 11.25), variance = c(2.25, 4))
)
moderators <- data.frame(peer_support = rep(c(0, 1, 1, 0, 1), 6), founded = rep(2019:2024, 5) + round(runif(30), 1))
line <- function(m) {
  p <- predict(m)
  list(estimate = as.numeric(m$beta), se = m$se, low = m$ci.lb, high = m$ci.ub, p_value = m$pval, tau2 = m$tau2,
       q = m$QE, q_p = m$QEp, i2 = m$I2, h2 = m$H2, scale = m$s2w, covariance = unname(vcov(m)),
       pi_low = if (m$p == 1) p$pi.lb else NA, pi_high = if (m$p == 1) p$pi.ub else NA)
}
fits <- list()
add <- function(data, kind, method, test, formula, value) {
  mods <- if (is.null(formula)) list() else as.list(all.vars(formula))
  fits[[length(fits) + 1]] <<- list(id = paste(c(data, kind, method, test, unlist(mods)), collapse = ":"), data = data,
                                    kind = kind, method = method, test = test, moderators = mods, value = value)
}
for (name in names(sites)) {
  d <- sites[[name]]
  for (method in c("REML", "DL", "PM", "ML")) {
    for (test in c("knha", "adhoc", "z")) {
      m <- rma(effect, variance, data = d, method = method, test = test, control = tight)
      add(name, "rma", method, test, NULL, line(m))
    }
    m <- rma(effect, variance, data = d, method = method, test = "knha", control = tight)
    b <- blup(m)
    add(name, "blup", method, "knha", NULL, list(estimate = b$pred, se = b$se, low = b$pi.lb, high = b$pi.ub))
  }
  m <- rma(effect, variance, data = d, method = "REML", test = "knha", control = tight)
  limits <- suppressMessages(confint(m, control = tight_search))$random["tau^2", c("ci.lb", "ci.ub")]
  add(name, "confint", "REML", "knha", NULL, list(tau2_low = unname(limits[1]), tau2_high = unname(limits[2])))
  if (nrow(d) > 2) {
    l <- leave1out(m)
    add(name, "leave1out", "REML", "knha", NULL,
        list(estimate = l$estimate, se = l$se, low = l$ci.lb, high = l$ci.ub, p_value = l$pval, tau2 = l$tau2,
             q = l$Q, q_p = l$Qp, i2 = l$I2, h2 = l$H2))
  }
}
for (formula in list(~ peer_support, ~ peer_support + founded)) {
  for (method in c("REML", "DL", "PM", "ML")) {
    for (test in c("knha", "z")) {
      m <- rma(effect, variance, mods = formula, data = cbind(sites$thirty, moderators), method = method, test = test,
               control = tight)
      add("thirty", "metareg", method, test, formula, line(m))
    }
  }
}
pin("meta_analysis", list(sites = sites, moderators = moderators, fits = fits))

# ---- paired change -------------------------------------------------------------------------------------------------
invent_scores <- function(group, n) {
  pre <- pmin(80, pmax(0, round(rnorm(n, 48, 13))))
  post <- pmin(80, pmax(0, round(0.6 * pre + rnorm(n, 8 + group, 11))))
  data.frame(group = group, pre = pre, post = post)
}
scores <- do.call(rbind, Map(invent_scores, 0:7, c(2, 3, 5, 9, 17, 40, 80, 150)))
noncentrality <- function(t, df, share) {
  suppressWarnings(uniroot(function(ncp) pt(t, df, ncp) - share, c(-36, 36), tol = 1e-13)$root)
}
change_of <- function(d, sign) {
  improvement <- sign * (d$pre - d$post)
  n <- nrow(d)
  interval <- t.test(improvement)
  size <- mean(improvement) / sd(improvement)
  # SMCR divides by sd1i; pre minus post therefore takes pre as the first occasion.
  becker <- escalc("SMCR", m1i = sign * mean(d$pre), m2i = sign * mean(d$post), sd1i = sd(d$pre), ni = n,
                   ri = cor(d$pre, d$post))
  list(n = n, mean_pre = mean(d$pre), sd_pre = sd(d$pre), mean_post = mean(d$post), sd_post = sd(d$post),
       r = cor(d$pre, d$post), mean_improvement = mean(improvement), sd_improvement = sd(improvement),
       se = unname(interval$stderr), low = interval$conf.int[1], high = interval$conf.int[2], d_z = size,
       d_z_low = noncentrality(size * sqrt(n), n - 1, 0.975) / sqrt(n),
       d_z_high = noncentrality(size * sqrt(n), n - 1, 0.025) / sqrt(n),
       d_av = mean(improvement) / sqrt((sd(d$pre)^2 + sd(d$post)^2) / 2),
       d_pre = as.numeric(becker$yi), d_pre_variance = as.numeric(becker$vi))
}
changes_of <- function(sign) lapply(0:7, function(group) change_of(scores[scores$group == group, ], sign))
pin("paired", list(scores = scores, lower_is_better = changes_of(1), higher_is_better = changes_of(-1)))

# ---- adjusted site effects -----------------------------------------------------------------------------------------
women <- do.call(rbind, Map(invent_scores, 0:5, c(1, 4, 12, 12, 30, 61)))
women$pre[women$group == 5] <- women$pre[women$group == 5] + 9
women$age <- round(runif(nrow(women), 18, 44))
women$site <- factor(women$group)
at_mean <- data.frame(site = factor(0:5), pre = mean(women$pre), age = mean(women$age))
adjusted_of <- function(formula) {
  model <- lm(formula, data = women)
  predicted <- predict(model, at_mean, se.fit = TRUE)
  list(estimate = unname(mean(women$pre) - predicted$fit), se = unname(predicted$se.fit),
       n = as.integer(table(women$site)), slope = unname(coef(model)["pre"]),
       slope_se = unname(sqrt(diag(vcov(model)))["pre"]), mean_pre = mean(women$pre), residual_sd = sigma(model),
       df = model$df.residual)
}
pin("adjusted", list(women = women[c("group", "pre", "post", "age")], pre_alone = adjusted_of(post ~ 0 + site + pre),
                     with_age = adjusted_of(post ~ 0 + site + pre + age)))

# ---- proportions ---------------------------------------------------------------------------------------------------
counts <- data.frame(successes = c(0, 1, 0, 1, 3, 5, 7, 10, 41, 199, 500, 12),
                     n = c(1, 1, 7, 7, 7, 10, 10, 10, 97, 200, 1000, 4096))
wilson_of <- function(level) {
  limits <- mapply(function(x, n) suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int,
                   counts$successes, counts$n)
  list(level = level, low = limits[1, ], high = limits[2, ])
}
pin("proportion", list(counts = counts, limits = lapply(c(0.95, 0.998), wilson_of)))
