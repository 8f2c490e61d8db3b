# Rate ratios by poisson.test, ticked options by prop.test. Run: Rscript tests/reference/own/equity.R
# Needs nothing but R.
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))

referred <- data.frame(count = c(612, 48, 9, 0, 131, 1), births = c(41210, 2590, 1204, 377, 6011, 260))
ratio_of <- function(x, n, other_x, other_n, level) {
  p <- poisson.test(c(x, other_x), c(n, other_n), conf.level = level)
  list(ratio = unname(p$estimate), low = p$conf.int[1], high = p$conf.int[2])
}
against <- function(reference, level) lapply(seq_len(nrow(referred)), function(at) {
  rest <- if (is.null(reference)) -at else reference
  ratio_of(referred$count[at], referred$births[at], sum(referred$count[rest]), sum(referred$births[rest]), level)
})
ticks <- matrix(rbinom(4 * 60, 1, rep(c(0.5, 0.05, 0.9, 0.3), each = 60)), 60)
answered <- rbinom(60, 1, 0.8) == 1
ticks[!answered, ] <- 0
tick_limits <- apply(ticks, 2, function(column) {
  suppressWarnings(prop.test(sum(column), sum(answered), correct = FALSE))$conf.int
})
pin("equity", list(
  referred = referred, first = list(level = 0.95, ratios = against(1, 0.95)),
  others = list(level = 0.99, ratios = against(NULL, 0.99)),
  ticks = ticks, answered = answered, tick_low = tick_limits[1, ], tick_high = tick_limits[2, ]
))
