<title>Tea</title><link rel="stylesheet" href="site.css">
