# Means of clustered rows with a robust error. Run: Rscript tests/reference/own/clustered.R (Debian: r-cran-sandwich)
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(sandwich))

invent_group <- function(group, sizes) {
  woman <- rep(seq_along(sizes) - 1, sizes)
  own <- rnorm(length(sizes), 0, 6)
  data.frame(group = group, woman = woman, y = round(9 + own[woman + 1] + rnorm(length(woman), 0, 7), 1))
}
rows <- do.call(rbind, Map(invent_group, 0:3, list(rep(1, 15), c(1, 2, 1, 3, 1, 1, 2), rep(2, 9), c(5, 1))))
found <- lapply(split(rows, rows$group), function(d) {
  model <- lm(y ~ 1, data = d)
  list(mean = unname(coef(model)), se = sqrt(vcovCL(model, cluster = d$woman)[1, 1]), n_rows = nrow(d),
       n_clusters = length(unique(d$woman)))
})
pin("clustered", list(group = rows$group, woman = rows$woman, y = rows$y, groups = unname(found)), "sandwich")
