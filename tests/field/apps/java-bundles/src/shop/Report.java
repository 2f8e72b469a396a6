package shop;

public interface Report {
    String print() throws Exception;
}
