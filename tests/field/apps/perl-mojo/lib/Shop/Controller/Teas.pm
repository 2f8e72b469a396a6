package Shop::Controller::Teas;
use Mojo::Base 'Mojolicious::Controller';

sub list { shift->render(names => ['assam', 'sencha']) }

sub show {
    my $self = shift;
    return $self->reply->not_found unless $self->param('name') eq 'assam';
    $self->respond_to(
        json => {json => {name => 'assam'}},
        any  => {template => 'teas/show', cost => 4.5},
    );
}

sub count {
    my $self = shift;
    require DBI;
    my $db = DBI->connect('dbi:SQLite:dbname=:memory:', '', '', {RaiseError => 1});
    $self->render(text => 'count: ' . $db->selectrow_array('select 1 + 2'));
}

sub table {
    my $self = shift;
    require Spreadsheet::WriteExcel;
    open my $out, '>', \my $data;
    my $book = Spreadsheet::WriteExcel->new($out);
    $book->add_worksheet('teas')->write(0, 0, 'assam');
    $book->close;
    $self->render(data => $data, format => 'xls');
}

sub day {
    my $self = shift;
    require DateTime;
    my $day = DateTime->new(year => 2026, month => 5, day => 4, locale => 'fr', time_zone => 'Europe/Paris');
    $self->render(text => $day->strftime('%A %d %B %z'));
}

sub order {
    my $self = shift;
    my $v = $self->validation;
    $v->required('count')->num(1, 9);
    return $self->render(text => 'wrong', status => 400) if $v->has_error;
    $self->session(count => $v->param('count'));
    $self->redirect_to('/teas');
}

1;
