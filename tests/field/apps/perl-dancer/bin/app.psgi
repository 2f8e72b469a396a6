use strict; use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Shop;
Shop->to_app;
