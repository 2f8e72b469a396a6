package app; public interface Handler { String text(); }
