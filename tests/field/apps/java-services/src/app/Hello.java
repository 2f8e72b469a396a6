package app; public class Hello implements Handler { public String text() { return "hello by name"; } }
