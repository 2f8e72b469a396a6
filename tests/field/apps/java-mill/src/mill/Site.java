package mill;

import com.google.gson.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.text.*;
import java.time.*;
import java.time.format.*;
import java.util.*;
import javax.servlet.MultipartConfigElement;
import javax.servlet.http.*;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.eclipse.jetty.server.*;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.gzip.GzipHandler;
import org.eclipse.jetty.servlet.*;
import org.slf4j.LoggerFactory;

/** The pages and the interface for the bakery's tills. */
final class Site extends HttpServlet {
    private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(Site.class);
    private final Store store;
    private final VelocityEngine views = new VelocityEngine();

    Site(Store store) {
        this.store = store;
        views.setProperty("resource.loader", "class");
        views.setProperty("class.resource.loader.class", "org.apache.velocity.runtime.resource.loader.ClasspathResourceLoader");
        views.setProperty("input.encoding", "UTF-8");
        views.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
        views.init();
    }

    static Server server(Store store, int port) {
        Server server = new Server(port);
        ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        ServletHolder held = new ServletHolder(new Site(store));
        held.getRegistration().setMultipartConfig(new MultipartConfigElement("/tmp", 20000, 40000, 10000));
        context.addServlet(held, "/*");
        ServletHolder files = new ServletHolder("static", DefaultServlet.class);
        files.setInitParameter("resourceBase", Site.class.getResource("/web").toString());
        files.setInitParameter("pathInfoOnly", "true");
        files.setInitParameter("etags", "true");
        context.addServlet(files, "/static/*");
        context.setErrorHandler(new ErrorHandler());
        GzipHandler gzip = new GzipHandler();
        gzip.setMinGzipSize(64);
        gzip.setHandler(context);
        server.setHandler(gzip);
        return server;
    }

    private void page(HttpServletRequest request, HttpServletResponse response, int status, String view, Map<String, Object> shown) throws IOException {
        Locale locale = request.getLocale();
        VelocityContext context = new VelocityContext(new HashMap<>(shown));
        context.put("t", ResourceBundle.getBundle("words", locale, ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES)));
        context.put("number", NumberFormat.getInstance(locale));
        context.put("day", LocalDate.of(1871, 5, 1).format(DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).withLocale(locale)));
        response.setStatus(status);
        response.setContentType("text/html; charset=utf-8");
        views.getTemplate("views/" + view, "UTF-8").merge(context, response.getWriter());
    }

    private static void send(HttpServletResponse response, String type, byte[] body) throws IOException {
        response.setContentType(type);
        response.getOutputStream().write(body);
    }

    private static void json(HttpServletResponse response, int status, Object value) throws IOException {
        response.setStatus(status);
        send(response, "application/json; charset=utf-8", new Gson().toJson(value).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        try {
            List<Map<String, Object>> rows = store.all();
            switch (path) {
                case "/" -> page(request, response, 200, "index.vm", Map.of("rows", rows));
                case "/health" -> json(response, 200, Map.of("ok", true));
                case "/grain" -> json(response, 200, rows);
                case "/grain.csv" -> send(response, "text/csv; charset=utf-8", Exports.csv(rows).getBytes(StandardCharsets.UTF_8));
                case "/note.pdf" -> send(response, "application/pdf", Exports.pdf(rows, request.getParameter("font") != null));
                case "/chart" -> {
                    String format = Objects.requireNonNullElse(request.getParameter("as"), "png");
                    send(response, "image/" + format, Exports.chart(rows, format));
                }
                case "/code" -> send(response, "image/png", Exports.code(request.getParameter("text"), request.getParameter("kind")));
                case "/search" -> json(response, 200, Search.find(rows, request.getParameter("q"), Objects.requireNonNullElse(request.getParameter("in"), "en")));
                case "/clock" -> {
                    ZonedDateTime at = Instant.parse("2026-07-01T12:00:00Z").atZone(ZoneId.of(request.getParameter("zone")));
                    json(response, 200, Map.of("at", at.format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm zzzz", Locale.ENGLISH))));
                }
                case "/visits" -> {
                    HttpSession session = request.getSession();
                    int visits = 1 + (int) Objects.requireNonNullElse(session.getAttribute("visits"), 0);
                    session.setAttribute("visits", visits);
                    json(response, 200, Map.of("visits", visits));
                }
                case "/fault" -> response.sendError(503, "The wheel stands still");
                default -> page(request, response, 404, "missing.vm", Map.of("path", path));
            }
        } catch (DateTimeException | IllegalArgumentException | org.apache.lucene.queryparser.classic.ParseException error) {
            json(response, 400, Map.of("error", String.valueOf(error.getMessage())));
        } catch (Exception error) {
            LOG.error("{} failed", path, error);
            json(response, 500, Map.of("error", String.valueOf(error.getMessage())));
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try {
            switch (request.getPathInfo()) {
                case "/grain" -> {
                    JsonObject sent = JsonParser.parseReader(request.getReader()).getAsJsonObject();
                    store.add(sent.get("name").getAsString(), sent.get("kilos").getAsDouble(), sent.get("note").getAsString());
                    LOG.info("stored {}", sent.get("name"));
                    json(response, 201, Map.of("stored", sent.get("name").getAsString()));
                }
                case "/import" -> {
                    List<String[]> lines = Exports.read(new InputStreamReader(request.getPart("file").getInputStream(), StandardCharsets.UTF_8));
                    for (String[] line : lines) store.add(line[0], Double.parseDouble(line[1]), line[2]);
                    json(response, 200, Map.of("imported", lines.size()));
                }
                default -> json(response, 404, Map.of("error", "no such thing"));
            }
        } catch (SQLException error) {
            json(response, 409, Map.of("error", error.getMessage()));
        } catch (JsonParseException | NullPointerException error) {
            json(response, 400, Map.of("error", "malformed: " + error.getMessage()));
        } catch (Exception error) {
            LOG.error("failed", error);
            json(response, 500, Map.of("error", String.valueOf(error.getMessage())));
        }
    }
}
