select name from cheap(5);
