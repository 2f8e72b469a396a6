create table tea (name text);
insert into tea values ('assam');
