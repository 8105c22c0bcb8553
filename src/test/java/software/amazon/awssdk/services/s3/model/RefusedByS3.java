package software.amazon.awssdk.services.s3.model;

/** Named like what S3's client throws, which is on nobody's class path here. */
public final class RefusedByS3 extends RuntimeException {
  private static final long serialVersionUID = 1;

  public RefusedByS3(String message) {
    super(message);
  }
}
