acl house {
    "localhost";
    "172.16.0.0"/12;
    "10.0.0.0"/8;
}
