package shop;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class KeyReport implements Report {
    public String print() throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init((java.security.KeyStore) null);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, trust.getTrustManagers(), null);
        java.security.KeyPairGenerator keys = java.security.KeyPairGenerator.getInstance("EC");
        return context.getProtocol() + " " + keys.generateKeyPair().getPublic().getAlgorithm();
    }
}
