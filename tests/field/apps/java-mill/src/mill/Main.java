package mill;

import java.nio.file.*;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.*;

@Command(name = "mill", version = "mill 4.2", mixinStandardHelpOptions = true, subcommands = {Main.Serve.class, Main.Report.class, Main.Check.class, Main.Backup.class, picocli.AutoComplete.GenerateCompletion.class})
public final class Main implements Runnable {
    @Spec CommandLine.Model.CommandSpec spec;

    static Store store() throws Exception { return new Store("/var/lib/mill/mill.db"); }

    @Command(name = "serve", description = "Serve the pages.")
    static final class Serve implements Callable<Integer> {
        @Option(names = "--port", defaultValue = "8080") int port;
        public Integer call() throws Exception { var server = Site.server(store(), port); server.setStopAtShutdown(true); server.start(); server.join(); return 0; }
    }

    @Command(name = "report", description = "Write a report.")
    static final class Report implements Callable<Integer> {
        enum Kind { pdf, csv, png }
        @Parameters(paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}") Kind kind;
        @Parameters Path file;
        public Integer call() throws Exception {
            var rows = store().all();
            byte[] made = switch (kind) { case pdf -> Exports.pdf(rows, true); case csv -> Exports.csv(rows).getBytes(); case png -> Exports.chart(rows, "png"); };
            Files.write(file, made);
            System.out.println("wrote " + file.getFileName() + ", " + rows.size() + " rows");
            return 0;
        }
    }

    @Command(name = "check", description = "Check the database.")
    static final class Check implements Callable<Integer> {
        public Integer call() throws Exception { System.out.println("database " + store().check()); return 0; }
    }

    @Command(name = "backup", description = "Copy the database.")
    static final class Backup implements Callable<Integer> {
        @Parameters Path file;
        public Integer call() throws Exception { store().backup(file.toString()); System.out.println("copied " + (Files.size(file) > 4096)); return 0; }
    }

    public void run() { throw new ParameterException(spec.commandLine(), "Missing required subcommand"); }

    public static void main(String[] arguments) { int code = new CommandLine(new Main()).execute(arguments); System.exit(code); }
}
