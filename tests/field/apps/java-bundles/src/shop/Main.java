package shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.ResourceBundle;

public class Main {
    interface Page { byte[] answer(String query) throws Exception; }

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        add(server, "/", query -> "shop".getBytes());
        add(server, "/greet", query -> text(ResourceBundle.getBundle("shop.Texts", Locale.forLanguageTag(query == null ? "en" : query)).getString("greeting")));
        add(server, "/page", query -> {
            freemarker.template.Configuration pages = new freemarker.template.Configuration(freemarker.template.Configuration.VERSION_2_3_31);
            pages.setDirectoryForTemplateLoading(new File("templates"));
            StringWriter out = new StringWriter();
            pages.getTemplate("page.ftl").process(Map.of("name", "assam", "price", 4.5), out);
            return text(out.toString());
        });
        add(server, "/json", query -> new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsBytes(Map.of("tea", "assam")));
        add(server, "/report", query -> text(((Report) Class.forName("shop." + query).getDeclaredConstructor().newInstance()).print()));
        add(server, "/badge.png", query -> Badge.png());
        add(server, "/zone", query -> text(java.time.ZonedDateTime.of(2026, 5, 4, 12, 0, 0, 0, java.time.ZoneId.of(query)).format(java.time.format.DateTimeFormatter.ofLocalizedDate(java.time.format.FormatStyle.FULL).withLocale(Locale.FRENCH))));
        server.start();
    }

    private static byte[] text(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    private static void add(HttpServer server, String path, Page page) {
        server.createContext(path, exchange -> send(exchange, page));
    }

    private static void send(HttpExchange exchange, Page page) throws IOException {
        int status = 200;
        byte[] body;
        try {
            body = page.answer(exchange.getRequestURI().getQuery());
        } catch (Throwable error) {
            java.util.logging.Logger.getLogger("shop").log(java.util.logging.Level.WARNING, "failed", error);
            status = 500;
            body = text("failed: " + error);
        }
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
