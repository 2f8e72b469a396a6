select name, sum(price) over (order by price), rank() over (order by price desc) from tea;
