select name, price from tea order by id;
