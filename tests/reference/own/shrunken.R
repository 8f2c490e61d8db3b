# Limits of shrunken estimates by adaptive quadrature, and of standardised sizes by leaving out one pair after the other, both
# from their definitions. Run: Rscript tests/reference/own/shrunken.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))

limits <- function(y, v, n, level) {
  at <- function(tau2) {
    w <- 1 / (v + tau2)
    mu <- weighted.mean(y, w)
    own <- tau2 / (tau2 + v)
    variance <- own * v + (1 - own)^2 / sum(w)
    list(likelihood = (sum(log(w)) - log(sum(w)) - sum(w * (y - mu)^2)) / 2, centre = own * y + (1 - own) * mu,
         error = sqrt(variance + 4 * tau2^2 * v^2 / ((n - 1) * (v + tau2)^3)), df = (variance / (own^2 * v))^2 * (n - 1))
  }
  top <- optimize(function(tau2) at(tau2)$likelihood, c(0, 1e4), maximum = TRUE)$objective
  over <- function(f) {
    integrate(Vectorize(function(u) {
      tau2 <- median(v) * u / (1 - u)
      if (!is.finite(tau2)) return(0)
      here <- at(tau2)
      f(here) * exp(here$likelihood - top) * median(v) / (1 - u)^2
    }), 0, 1, rel.tol = 1e-12, subdivisions = 5000L)$value
  }
  whole <- over(function(here) 1)
  t(sapply(seq_along(y), function(i) sapply((1 + c(-1, 1) * level) / 2, function(share) uniroot(function(x)
    over(function(here) pt((x - here$centre[i]) / here$error[i], here$df[i])) / whole - share,
    range(y) + c(-6, 6) * sqrt(max(v)), tol = 1e-11)$root)))
}
sets <- list(
  apart = list(effects = c(12.1, 7.4, 9.9, 15.2, 3.8, 10.4), variances = c(4.2, 9.1, 2.5, 16.3, 6.6, 3.1), n = c(40, 15, 61, 10, 22, 55)),
  alike = list(effects = c(9.6, 10.1, 10.4, 9.9, 10.2), variances = c(5.1, 3.2, 8.8, 2.4, 6.9), n = c(30, 48, 18, 70, 24)),
  known = list(effects = c(28, 8, -3, 7, -1, 1, 18, 12), variances = c(15, 10, 16, 11, 9, 11, 10, 18)^2, n = rep(1e9, 8)))
shrunken <- lapply(sets, function(set) lapply(c(0.95, 0.8), function(level) {
  found <- limits(set$effects, set$variances, set$n, level)
  c(set, list(level = level, low = found[, 1], high = found[, 2]))
}))

sizes <- function(pre, post) {
  gain <- pre - post
  c(d_z = mean(gain) / sd(gain), d_av = mean(gain) / sqrt((var(pre) + var(post)) / 2), d_pre = mean(gain) / sd(pre))
}
jackknife <- function(n, skewed) {
  tail <- if (skewed) rexp(n) - 1 else rnorm(n)
  pre <- round(46 + 14 * rnorm(n)); post <- round(pre - 12 - 13 * tail)
  without <- sapply(seq_len(n), function(i) sizes(pre[-i], post[-i]))
  error <- sqrt((n - 1) / n * rowSums((without - rowMeans(without))^2))
  half <- qt(0.975, n - 1) * error
  list(pre = pre, post = post, low = as.list(sizes(pre, post) - half), high = as.list(sizes(pre, post) + half))
}
pin("shrunken", list(shrunken = unname(unlist(shrunken, recursive = FALSE)),
                     sizes = list(jackknife(8, FALSE), jackknife(40, TRUE), jackknife(150, TRUE))))
