<%@ page import="java.util.*" %><%@ include file="inc/head.jspf" %>
<% for (String name : List.of("tea", "milk")) { %><li><%= name %></li><% } %>${1 + 2}
