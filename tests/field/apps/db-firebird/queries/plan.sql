set planonly; select * from tea where price > 5;
