package TeaShop::Model::Shop;
use Moose;
extends 'Catalyst::Model::DBIC::Schema';
__PACKAGE__->config(schema_class => 'TeaShop::Schema', connect_info => { dsn => 'dbi:SQLite:/app/shop.db' });
1;
