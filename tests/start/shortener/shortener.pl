use Mojolicious::Lite -signatures;
use Mojo::File qw(curfile);
use POSIX qw(strftime setlocale LC_TIME);

my @words = split /\s+/, curfile->sibling('words.txt')->slurp;
my %links = (demo => 'https://www.perl.org');

get '/' => 'index';
get '/healthy' => sub ($c) { $c->render(text => "fine\n") };
post '/links' => sub ($c) {
  my $url = $c->req->json('/url') or return $c->render(json => {error => 'url?'}, status => 400);
  my $name = $words[scalar(keys %links) % @words];
  $links{$name} = $url;
  $c->render(json => {name => $name}, status => 201);
};
get '/stats' => sub ($c) {
  $c->render(json => {links => scalar keys %links, day => strftime('%A', gmtime 0)});
};
get '/:name' => sub ($c) {
  my $url = $links{$c->param('name')} or return $c->reply->not_found;
  $c->redirect_to($url);
};
app->start;

__DATA__
@@ index.html.ep
<!doctype html><title>Shortener</title><p>POST a url to /links.</p>
