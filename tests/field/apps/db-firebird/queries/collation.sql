select name from tea where name = 'GRÜNER TEE';
