create table tea (id serial primary key, name text not null, price numeric(6, 2));
insert into tea (name, price) values ('assam', 4.50), ('ceylon', 3.90), ('darjeeling', 7.20);
create view cheap as select name from tea where price < 5;
