# Pooled spread within sites as the residual error of lm. Run: Rscript tests/reference/own/small_sites.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))

sizes <- c(2, 4, 9, 10, 11, 25, 60, 1, 7)
women <- data.frame(site = factor(rep(seq_along(sizes), sizes)))
women$improvement <- round(rnorm(nrow(women), 8, 11) + 2 * as.integer(women$site))
model <- lm(improvement ~ 0 + site, data = women)
limits <- confint(model)
se <- coef(summary(model))[, "Std. Error"]
rows <- lapply(seq_along(sizes), function(s) {
  values <- women$improvement[women$site == s]
  if (sizes[s] < 10) {
    row <- list(se = se[[s]], df = model$df.residual, low = limits[s, 1], high = limits[s, 2], is_pooled = TRUE)
  } else {
    own <- t.test(values)
    row <- list(se = own$stderr, df = unname(own$parameter), low = own$conf.int[1], high = own$conf.int[2], is_pooled = FALSE)
  }
  c(list(n = sizes[s], mean = mean(values), sd = if (sizes[s] > 1) sd(values) else NA), row)
})
pin("small_sites", list(pooled_sd = sigma(model), pooled_df = model$df.residual, sites = rows))
