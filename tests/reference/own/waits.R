# Waits with two kinds of event, by survfit. Run: Rscript tests/reference/own/waits.R
# Needs survival (Debian: r-cran-survival).
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(survival))

invent_waits <- function(n, days, seen, left) {
  data.frame(day = sample(0:days, n, replace = TRUE),
             event = sample(c("censored", "seen", "left"), n, replace = TRUE, prob = c(1 - seen - left, seen, left)))
}
waits <- list(
  many_ties = invent_waits(160, 30, 0.55, 0.25),
  all_end = invent_waits(40, 60, 0.6, 0.4),
  few = invent_waits(7, 90, 0.5, 0.2),
  nobody_leaves = invent_waits(50, 40, 0.7, 0)
)
wait_of <- function(d, type) {
  d$event <- factor(d$event, c("censored", "seen", "left"))
  k <- survfit(Surv(day, event) ~ 1, data = d, conf.type = type)
  part <- function(x) lapply(seq_len(3), function(at) x[, at])
  list(interval = type, days = k$time, n_at_risk = k$n.risk[, 1], share = part(k$pstate), se = part(k$std.err),
       low = part(k$lower), high = part(k$upper))
}
pin("waits", list(cases = lapply(waits, function(d) {
  list(day = d$day, event = match(d$event, c("censored", "seen", "left")) - 1,
       curves = lapply(c("log", "plain"), function(type) wait_of(d, type)))
})), packages = "survival")
