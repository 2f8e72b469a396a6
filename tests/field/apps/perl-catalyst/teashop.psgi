use strict;
use warnings;
use lib 'lib';
use TeaShop;

TeaShop->apply_default_middlewares(TeaShop->psgi_app);
