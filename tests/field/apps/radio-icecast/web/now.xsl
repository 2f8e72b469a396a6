<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">
  <xsl:output method="text" media-type="text/plain" encoding="UTF-8"/>
  <xsl:template match="/icestats"><xsl:for-each select="source"><xsl:sort select="@mount"/><xsl:value-of select="concat(@mount, ': ', server_name, ' - ', artist, ' - ', title, '&#10;')"/></xsl:for-each></xsl:template>
</xsl:stylesheet>
