package Shop;
use Dancer2;

set template => 'template_toolkit';
set layout => 'main';

get '/' => sub { template 'index', { title => 'Tea' } };
get '/cart' => sub { template 'cart', { items => ['tea', 'milk'] } };
get '/export' => sub { require Shop::Export; Shop::Export::csv() };
get '/time' => sub { require Time::Piece; Time::Piece->strptime('2024-05-01', '%Y-%m-%d')->monname };
get '/api' => sub { encode_json({ tea => 1 }) };
get '/digest' => sub { require Digest::SHA; Digest::SHA::sha1_hex('tea') };
1;
