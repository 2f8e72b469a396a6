package shop;

public class ShellReport implements Report {
    public String print() throws Exception {
        Process process = new ProcessBuilder("sort", "--reverse").redirectErrorStream(true).start();
        process.getOutputStream().write("assam\nsencha\n".getBytes());
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes()).replace("\n", " ");
    }
}
