console.log("form")
