create table tea (id int generated always as identity primary key, name varchar(40) unique, price decimal(5, 2));
insert into tea (name, price) select name, price from csvread('/srv/stock.csv');
create view cheap as select * from tea where price < 5;
