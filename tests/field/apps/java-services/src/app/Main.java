package app;

import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.ResourceBundle;
import java.util.ServiceLoader;

public class Main {
    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            String text;
            int status = 200;
            try {
                text = answer(exchange.getRequestURI().getPath());
            } catch (Exception error) {
                status = 500;
                text = "Sorry: " + error;
            }
            byte[] body = text.getBytes("UTF-8");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    static String answer(String path) throws Exception {
        switch (path) {
            case "/": return "up";
            case "/page": return Files.readString(Path.of("page.html"));
            case "/german": return ResourceBundle.getBundle("messages", Locale.GERMAN).getString("tea");
            case "/plugins":
                StringBuilder names = new StringBuilder();
                for (Plugin plugin : ServiceLoader.load(Plugin.class)) names.append(plugin.name());
                return "plugins: " + names;
            case "/charset": return new String("tea".getBytes("windows-1252"), "ISO-8859-15");
            case "/digest": return java.util.HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(new byte[1]));
            case "/zip": return "" + new java.util.zip.ZipFile("plugins/plugin.jar").size();
            default:
                Properties handlers = new Properties();
                handlers.load(new FileInputStream("handlers.properties"));
                return ((Handler) Class.forName(handlers.getProperty(path)).getDeclaredConstructor().newInstance()).text();
        }
    }
}
