# Missing last scores: mice's draws and pooling, metafor's pooled mean. Run: Rscript tests/reference/own/missing.R
# Needs metafor and mice (Debian: r-cran-metafor r-cran-mice); the 60 runs of mice take most of a minute.
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages({library(metafor); library(mice)})

tight <- list(threshold = 1e-10, maxiter = 100000, tol = 1e-13, tau2.max = 1e6)
with_stream <- function(value) {  # mice resets the stream to its seed: put ours back afterwards
  before <- .Random.seed
  force(value)
  assign(".Random.seed", before, envir = globalenv())
  value
}

invent_site <- function(site, n) {
  pre <- round(rnorm(n, 48, 13))
  age <- round(runif(n, 18, 44))
  post <- round(0.6 * pre - 0.2 * age + rnorm(n, 12 + 2 * (site %% 3), 11))
  chance <- plogis(-0.6 + 0.03 * (pre - 48) + 0.02 * (age - 30))
  data.frame(site = site, pre = pre, age = age, post = ifelse(runif(n) < chance, NA, post))
}
women <- do.call(rbind, Map(invent_site, 0:5, c(34, 41, 28, 52, 30, 37)))
design <- model.matrix(~ factor(site) + pre + age, data = women)[, -1]
is_seen <- !is.na(women$post)
draw_once <- function() as.numeric(mice.impute.norm(women$post, is_seen, design))
draws <- replicate(4000, draw_once())
m <- 5
imputed <- round(t(replicate(m, draw_once())), 3)
completed <- lapply(seq_len(m), function(i) {
  d <- women
  d$post[!is_seen] <- imputed[i, ]
  d
})
fits <- lapply(completed, function(d) lm(post ~ pre + age, data = d))
pooled <- summary(pool(as.mira(fits)), conf.int = TRUE)
scalars <- list(
  list(q = c(9.1, 8.7, 9.9, 9.4, 8.2), u = c(0.81, 0.77, 0.92, 0.85, 0.8), n = 40, k = 2),
  list(q = c(-2, 4, 1), u = c(0.1, 0.2, 0.15), n = 12, k = 1),
  list(q = c(3.2, 3.25, 3.1, 3.3), u = c(2, 2.1, 1.9, 2.05), n = Inf, k = 1)
)
scalar_of <- function(case) {
  p <- pool.scalar(case$q, case$u, n = case$n, k = case$k)
  list(q = case$q, u = case$u, df_complete = if (is.finite(case$n)) case$n - case$k else NA,
       estimate = p$qbar, within = p$ubar, between = p$b, total = p$t, df = p$df, relative_increase = p$r,
       fraction_missing = p$fmi)
}
pooled_at <- function(delta) {
  each <- lapply(completed, function(d) {
    improvement <- d$pre - d$post - ifelse(is_seen, 0, delta)
    n <- tapply(improvement, d$site, length)
    m <- rma(as.numeric(tapply(improvement, d$site, mean)), as.numeric(tapply(improvement, d$site, var) / n),
             test = "adhoc", control = tight)
    c(as.numeric(m$beta), m$se^2, m$tau2)
  })
  each <- do.call(rbind, each)
  p <- pool.scalar(each[, 1], each[, 2], n = 6, k = 1)
  half <- qt(0.975, p$df) * sqrt(p$t)
  list(delta = delta, estimate = p$qbar, se = sqrt(p$t), df = p$df, low = p$qbar - half, high = p$qbar + half,
       tau2_median = median(each[, 3]), tau2_low = min(each[, 3]), tau2_high = max(each[, 3]))
}
sites_at <- function(delta) {
  by_site <- lapply(split(seq_len(nrow(women)), women$site), function(rows) {
    each <- sapply(completed, function(d) {
      improvement <- (d$pre - d$post - ifelse(is_seen, 0, delta))[rows]
      c(mean(improvement), var(improvement) / length(rows))
    })
    p <- pool.scalar(each[1, ], each[2, ])
    c(p$qbar, p$t)
  })
  by_site <- do.call(rbind, by_site)
  m <- rma(by_site[, 1], by_site[, 2], test = "adhoc", control = tight)
  list(delta = delta, estimate = as.numeric(m$beta), se = m$se, low = m$ci.lb, high = m$ci.ub, tau2 = m$tau2)
}
balance_of <- function(column) {
  one <- column[is_seen]
  zero <- column[!is_seen]
  e <- escalc("SMDH", m1i = mean(one), sd1i = sd(one), n1i = length(one), m2i = mean(zero), sd2i = sd(zero),
              n2i = length(zero))
  # metafor corrects for bias by J of n1 + n2 - 2; Austin's difference is without it.
  df <- length(column) - 2
  j <- exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))
  list(difference = as.numeric(e$yi) / j, mean_paired = mean(one), mean_unpaired = mean(zero))
}
few <- transform(invent_site(0, 40), site = NULL)
few$pre[sample(40, 9)] <- NA
few_run <- function(seed) {
  runs <- mice(few, m = 20, maxit = 10, seed = seed, method = "norm", printFlag = FALSE)
  p <- summary(pool(with(runs, lm(post ~ age + pre))))
  c(p$estimate, p$std.error)
}
few_runs <- with_stream(t(sapply(1000 + 1:60, few_run)))
pin("missing", list(
  few_women = few[c("age", "pre", "post")], few_holes = unname(colSums(is.na(few[c("age", "pre", "post")]))),
  few_runs = list(mean_est = colMeans(few_runs[, 1:3]), sd_est = apply(few_runs[, 1:3], 2, sd),
                  mean_se = colMeans(few_runs[, 4:6]), sd_se = apply(few_runs[, 4:6], 2, sd)),
  women = women, draws = list(mean = rowMeans(draws), sd = apply(draws, 1, sd), n = ncol(draws)),
  imputed = imputed,
  each = lapply(fits, function(f) list(estimate = unname(coef(f)), variance = unname(diag(vcov(f))))),
  pooled = list(estimate = pooled$estimate, se = pooled$std.error, df = pooled$df, low = pooled[["2.5 %"]],
                high = pooled[["97.5 %"]], df_complete = fits[[1]]$df.residual),
  scalars = lapply(scalars, scalar_of), deltas = lapply(c(0, 0.5, 3, 12.5, 40), pooled_at),
  site_deltas = lapply(c(0, 0.5, 3, 12.5, 40), sites_at),
  balance = lapply(women[c("pre", "age")], balance_of)
), packages = c("metafor", "mice"))
