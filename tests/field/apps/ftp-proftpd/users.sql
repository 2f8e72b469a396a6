create table users (name text primary key, secret text, uid integer, gid integer, home text, shell text);
create table groups (name text, gid integer, members text);
create table seen (name text, file text, at text);
insert into users values ('ada', 'dvli3pda+w7ElB5gE6LEb1Wh45/Eq+kkAt/M47JR1TA=', 2001, 2001, '/srv/ftp', '/bin/false');
insert into groups values ('depot', 2001, 'ada');
