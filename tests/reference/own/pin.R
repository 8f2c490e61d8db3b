# Read first by the scripts beside it: a fixed random stream, and a way to write one family of values as JSON.
suppressPackageStartupMessages(library(jsonlite))
set.seed(20261122, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
pin <- function(name, content, packages = character()) {
  versions <- lapply(setNames(nm = packages), function(p) as.character(packageVersion(p)))
  write_json(c(list(made_with = c(list(r = R.version.string), versions)), content), file.path(here, paste0(name, ".json")),
             digits = NA, auto_unbox = TRUE, na = "null", null = "null")
}
