# Funnels from their formulas. Run: Rscript tests/reference/own/funnel.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))

z_of <- function(level) qnorm((1 + level) / 2)
dispersion <- function(z, s) {
  bounds <- quantile(z, c(0.1, 0.9), type = 7)
  phi <- mean(pmin(pmax(z, bounds[1]), bounds[2])^2)
  w <- s^-2
  k <- length(z)
  c(phi = phi, tau2 = if (k < 10) 0 else max(0, (k * phi - (k - 1)) / (sum(w) - sum(w^2) / sum(w))))
}
flags <- function(value, low, high) ifelse(value < low, "below", ifelse(value > high, "above", "within"))
lines_of <- function(value, draw) {
  lapply(c(base_95 = 0.95, base_998 = 0.998), function(level) {
    limits <- draw(z_of(level))
    list(low = limits[[1]], high = limits[[2]], flag = flags(value, limits[[1]], limits[[2]]))
  })
}
means_case <- function(sizes, tau) {
  women <- data.frame(site = factor(rep(seq_along(sizes), sizes)))
  women$improvement <- round(9 + rnorm(length(sizes), 0, tau)[women$site] + rnorm(nrow(women), 0, 11))
  sites <- data.frame(n = sizes, mean = as.numeric(tapply(women$improvement, women$site, mean)),
                      sd = as.numeric(tapply(women$improvement, women$site, sd)))
  model <- lm(improvement ~ site, data = women)
  target <- mean(women$improvement)
  s <- sigma(model) / sqrt(sites$n)
  found <- dispersion((sites$mean - target) / s, s)
  list(n = sites$n, mean = sites$mean, sd = sites$sd, target = target, sigma2 = sigma(model)^2, df = model$df.residual,
       phi = found[["phi"]], tau2 = found[["tau2"]],
       base = unname(lines_of(sites$mean, function(z) list(target - z * s, target + z * s))),
       over_dispersed = unname(lines_of(sites$mean, function(z) {
         wide <- sqrt(s^2 + found[["tau2"]])
         list(target - z * wide, target + z * wide)
       })))
}
proportions_case <- function(n, events) {
  target <- sum(events) / sum(n)
  s <- 1 / (2 * sqrt(n))
  angle <- asin(sqrt(target))
  found <- dispersion((asin(sqrt(events / n)) - angle) / s, s)
  arcs <- function(spread) function(z) {
    list(sin(pmax(angle - z * spread, 0))^2, sin(pmin(angle + z * spread, pi / 2))^2)
  }
  exact <- lapply(c(0.95, 0.998), function(level) {
    tail <- (1 - level) / 2
    extreme <- ifelse(pbinom(events, n, target) < tail, "below",
                      ifelse(pbinom(events - 1, n, target, lower.tail = FALSE) < tail, "above", "within"))
    list(low = qbinom(tail, n, target) / n, high = qbinom(tail, n, target, lower.tail = FALSE) / n, flag = extreme)
  })
  list(n = n, events = events, target = target, phi = found[["phi"]], tau2 = found[["tau2"]],
       base = unname(lines_of(events / n, arcs(s))),
       over_dispersed = unname(lines_of(events / n, arcs(sqrt(s^2 + found[["tau2"]])))), exact = exact)
}
sizes <- round(exp(runif(24, log(8), log(150))))
few <- c(12, 30, 7, 55, 90)
counts <- rbinom(24, sizes, plogis(rnorm(24, -0.3, 0.5)))
pin("funnel", list(
  means = list(means_case(sizes, 4), means_case(sizes[1:12], 0), means_case(c(few, 1), 3)),
  proportions = list(proportions_case(sizes, counts), proportions_case(few, c(2, 9, 0, 31, 40)),
                     proportions_case(c(1, 2, 3, sizes[1:9]), c(1, 2, 0, counts[1:9])))
))
