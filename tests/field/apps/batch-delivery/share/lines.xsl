<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text" encoding="UTF-8"/>
  <xsl:template match="/orders">
    <xsl:text>day,number,customer,item,count,price&#10;</xsl:text>
    <xsl:for-each select="order/item">
      <xsl:value-of select="concat(/orders/@day, ',', ../@number, ',&quot;', ../customer, '&quot;,&quot;', ., '&quot;,', @count, ',', @price)"/>
      <xsl:text>&#10;</xsl:text>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
