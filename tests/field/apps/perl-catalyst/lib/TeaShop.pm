package TeaShop;
use Moose;
use namespace::autoclean;
use Catalyst::Runtime 5.90;
use Catalyst qw/ConfigLoader Static::Simple Session Session::State::Cookie Session::Store::File I18N/;
extends 'Catalyst';

__PACKAGE__->config(
    name => 'TeaShop',
    home => '/app',
    root => '/app/root',
    encoding => 'UTF-8',
    default_view => 'HTML',
    disable_component_resolution_regex_fallback => 1,
    'Plugin::Session' => { storage => '/tmp/teashop-sessions' },
    'View::HTML' => { INCLUDE_PATH => ['/app/root/src', '/app/root/src/lib'] },
);
__PACKAGE__->setup;
1;
