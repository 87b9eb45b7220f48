namespace Punnet.Spec;

/// <summary>
/// One step on the way to a value: where its name stands in the document, or which element of a list it is. Two numbers instead
/// of a string, because almost no document needs its places spelled out.
/// </summary>
/// <param name="Start">Offset of the name's first byte, or the index.</param>
/// <param name="Length">Length of the name in bytes, or one of the marks below.</param>
internal readonly record struct PathSegment(int Start, int Length)
{
    private const int IndexMark = -1;
    private const int NothingMark = -2;
    private const int NullMark = -3;

    /// <summary>Inside an object of which nothing was read yet.</summary>
    public static PathSegment Nothing => new(0, NothingMark);

    /// <summary>Inside a JSON null that stands for an object without properties.</summary>
    public static PathSegment Null => new(0, NullMark);

    /// <summary>Whether this is a null that stands for an object.</summary>
    public bool IsNull => Length == NullMark;

    /// <summary>Whether this is an element of a list.</summary>
    public bool IsIndex => Length == IndexMark;

    /// <summary>Whether this is a property.</summary>
    public bool IsName => Length >= 0;

    /// <summary>The element of a list.</summary>
    /// <param name="index">Counted from 0; -1 before the first.</param>
    public static PathSegment Index(int index) => new(index, IndexMark);
}
