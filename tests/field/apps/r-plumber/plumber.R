#* @apiTitle Tea statistics

#* @get /
function() list(hello = "tea statistics")

#* Sales of a tea
#* @get /sales
function() read.csv("data/sales.csv")

#* @get /plot
#* @serializer png
function() hist(rnorm(100), main = "Sales")

#* @get /plot.svg
#* @serializer svg
function() plot(cars, main = "Sales")

#* @get /plot.pdf
#* @serializer pdf
function() plot(cars, main = "Sales", family = "Times")

#* @get /fit
#* @serializer text
function(model = "lm") {
  fitted <- switch(model, lm = lm(dist ~ speed, cars), loess = loess(dist ~ speed, cars))
  paste(capture.output(print(fitted)), collapse = "\n")
}

#* @get /tree
#* @serializer text
function() paste(capture.output(print(rpart::rpart(Species ~ ., iris))), collapse = "\n")

#* @get /nnet
function() { set.seed(1); length(nnet::nnet(Species ~ ., iris, size = 2, trace = FALSE)$wts) }

#* @get /when
#* @serializer text
function(zone = "UTC") format(as.POSIXct(0, tz = zone), "%H:%M %Z", tz = zone)

#* @post /echo
function(req, msg = "") list(msg = toupper(msg))

#* @get /menu
#* @serializer yaml
function() list(teas = c("assam", "ceylon"))

#* @assets ./data /data
list()
