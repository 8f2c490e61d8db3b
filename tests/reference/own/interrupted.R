# Interrupted series by nlme's gls and sandwich's NeweyWest. Run: Rscript tests/reference/own/interrupted.R
# Needs nlme and sandwich (Debian: r-cran-nlme r-cran-sandwich).
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages({library(nlme); library(sandwich)})

invent_counts <- function(n, go_live, rate, step, trend, phi, holes = integer(0)) {
  month <- seq_len(n) - 1
  since <- month - go_live
  memory <- if (phi == 0) list() else list(ar = phi)
  noise <- as.numeric(arima.sim(memory, n, sd = 0.08 * sqrt(1 - phi^2)))
  days <- rep(c(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), length.out = n)
  mean <- rate * exp(step * (since >= 0) + trend * pmax(since, 0) + 0.05 * sin(2 * pi * month / 12) + noise)
  count <- rpois(n, mean * days)
  count[holes + 1] <- NA
  list(go_live = go_live, month = month, days = days, count = count)
}
broken <- list(
  independent = invent_counts(60, 30, 6, -0.1, 0, 0),
  remembered = invent_counts(72, 36, 8, 0.05, -0.01, 0.6),
  alternating = invent_counts(50, 25, 5, 0, 0, -0.5),
  with_holes = invent_counts(66, 31, 7, -0.1, 0.005, 0.5, holes = c(4, 17, 18, 40)),
  few = invent_counts(60, 28, 0.1, -0.4, 0, 0.3)
)
break_of <- function(s, link) {
  since <- s$month - s$go_live
  d <- data.frame(month = s$month, y = if (link == "log") log((s$count + 0.5) / s$days) else s$count / s$days,
                  t = since, after = as.numeric(since >= 0), sine = sin(2 * pi * since / 12),
                  cosine = cos(2 * pi * since / 12))
  d <- d[!is.na(d$y), ]
  model <- y ~ t + after + t:after + sine + cosine
  order <- c("(Intercept)", "t", "after", "t:after", "sine", "cosine")
  line <- function(fit) {
    phi <- coef(fit$modelStruct$corStruct, unconstrained = FALSE)
    list(phi = if (length(phi)) unname(phi) else 0.4, estimate = unname(coef(fit)[order]), sigma = fit$sigma,
         variance = unname(diag(fit$varBeta)[order]), log_likelihood = as.numeric(logLik(fit)))
  }
  careful <- glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 500)
  found <- gls(model, d, correlation = corAR1(form = ~ month), method = "REML", control = careful)
  at <- gls(model, d, correlation = corAR1(0.4, form = ~ month, fixed = TRUE), method = "REML")
  plain <- lm(model, d)
  lag <- floor(4 * (nrow(d) / 100)^(2 / 9))
  robust <- diag(NeweyWest(plain, lag = lag, prewhite = FALSE, adjust = TRUE))
  list(link = link, found = line(found), at = line(at), lag = lag, plain = unname(coef(plain)[order]),
       newey_west = unname(robust[order]))
}
pin("interrupted", list(cases = lapply(broken, function(s) {
  list(series = s, fits = lapply(c("identity", "log"), function(link) break_of(s, link)))
})), packages = c("nlme", "sandwich"))
