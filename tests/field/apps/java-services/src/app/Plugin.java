package app; public interface Plugin { String name(); }
