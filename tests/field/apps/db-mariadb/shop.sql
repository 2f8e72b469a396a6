create database shop;
use shop;
create table tea (id int auto_increment primary key, name varchar(40), notes text, price decimal(6, 2), fulltext (name, notes));
insert into tea (name, notes, price) values ('assam', 'a strong tea with malt', 4.5), ('sencha', 'green and grassy', 6), ('rooibos', 'red, and not a tea', 3.2);
create view cheap as select name from tea where price < 5;
delimiter //
create procedure raise_prices(in percent int) begin update tea set price = price * (1 + percent / 100); end //
delimiter ;
create user shop@'%' identified by 'tea';
grant all on shop.* to shop@'%';
