<?xml version="1.0"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:fo="http://www.w3.org/1999/XSL/Format">
  <xsl:param name="title">Prices</xsl:param>
  <xsl:template match="/prices">
    <fo:root>
      <fo:layout-master-set>
        <fo:simple-page-master master-name="list" page-width="148mm" page-height="210mm" margin="15mm"><fo:region-body/></fo:simple-page-master>
      </fo:layout-master-set>
      <fo:page-sequence master-reference="list">
        <fo:flow flow-name="xsl-region-body">
          <fo:block font-size="18pt"><xsl:value-of select="$title"/></fo:block>
          <fo:table><fo:table-body>
            <xsl:for-each select="tea"><xsl:sort select="@price"/>
              <fo:table-row>
                <fo:table-cell><fo:block><xsl:value-of select="@name"/></fo:block></fo:table-cell>
                <fo:table-cell><fo:block><xsl:value-of select="@price"/></fo:block></fo:table-cell>
              </fo:table-row>
            </xsl:for-each>
          </fo:table-body></fo:table>
        </fo:flow>
      </fo:page-sequence>
    </fo:root>
  </xsl:template>
</xsl:stylesheet>
