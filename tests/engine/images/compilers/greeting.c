const char *greeting(void) { return "greetings from the plugin"; }
