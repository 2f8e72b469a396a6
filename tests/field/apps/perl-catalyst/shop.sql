create table tea (id integer primary key, name text not null);
insert into tea (name) values ('assam'), ('ceylon');
