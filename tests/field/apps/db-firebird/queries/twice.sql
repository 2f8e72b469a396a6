insert into tea (name, price) values ('ASSAM', 1);
