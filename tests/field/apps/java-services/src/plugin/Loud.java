package plugin; public class Loud implements app.Plugin { public String name() { return "LOUD"; } }
