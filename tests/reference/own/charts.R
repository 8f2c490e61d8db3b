# Control charts by NHSRplotthedots. Run: Rscript tests/reference/own/charts.R
# Needs NHSRplotthedots 0.2.2, which asks for dplyr 1.1: the pinned values came of it with `.default =` written `TRUE ~`,
# as dplyr 1.0 knows it, and without its unused import of `pick`.
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(NHSRplotthedots))

months <- seq(as.Date("2021-01-01"), by = "month", length.out = 40)
around <- function(n, centre, spread) round(rnorm(n, centre, spread))
series <- list(
  steady = around(40, 60, 6),
  shifted = c(around(18, 50, 4), around(22, 58, 4)),
  falling = c(around(14, 80, 5), 82 - 3 * 0:8, around(17, 60, 5)),
  wild = round(40 + 9 * rt(40, 2)),
  drifting = round(30 + cumsum(rnorm(40, 0, 3))),
  rates = around(40, 3, 0.6) + rep(c(0.25, 0, 0.5, 0.125), 10)
)
chart_of <- function(y, ...) {
  k <- as.data.frame(ptd_spc(data.frame(x = months, y = y), value_field = "y", date_field = "x", ...))
  list(centre = k$mean_col, low = k$lpl, high = k$upl, segment = k$rebase_group, outside = k$outside_limits,
       rule = k$special_cause_type)
}
charts_of <- function(y) {
  list(values = y, plain = chart_of(y, screen_outliers = FALSE), screened = chart_of(y, screen_outliers = TRUE),
       partitioned = chart_of(y, screen_outliers = FALSE, rebase = ptd_rebase(months[19])),
       baseline = chart_of(y, screen_outliers = FALSE, fix_after_n_points = 15))
}
pin("charts", list(partition = 18, n_baseline = 15, series = lapply(series, charts_of)), packages = "NHSRplotthedots")
