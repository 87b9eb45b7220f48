using System.Text;

namespace Punnet.Plan;

public static partial class PlanText
{
    private static void Cgroup(Sections text, ContainerPlan plan)
    {
        text.Line("path " + PlanWords.Quoted(plan.Cgroup.Path) + " (linux.cgroupsPath)");
        if (plan.Cgroup.Unit is SystemdUnit unit)
        {
            text.Line("unit " + PlanWords.Quoted(unit.Name) + " in " + PlanWords.Quoted(unit.Slice)
                + (unit.IsSlice ? ", a slice itself" : ""));
            Unit(text, unit);
        }

        if (plan.Cgroup.Owner is uint owner)
        {
            text.Line("owner " + owner.ToString());
        }

        if (plan.Cgroup.Delegate is string below)
        {
            text.Line("the program in " + PlanWords.Quoted(below) + " below it");
        }

        foreach (UsageCheck check in plan.Resources.UsageChecks)
        {
            text.Line("check that the usage is below the " + check.What + " " + check.Limit.ToString() + " (" + check.Place + ")");
        }

        foreach (CgroupWrite write in plan.Resources.Writes)
        {
            text.Line("write " + Write(write));
        }

        if (plan.IntelRdt is IntelRdtPlan rdt)
        {
            text.Line("resctrl group " + (rdt.Group.Length == 0 ? "/" : PlanWords.Quoted(rdt.Group))
                + (rdt.IsShared ? ", shared" : ", its own"));
            foreach (string line in rdt.Lines)
            {
                text.Line("resctrl schemata " + PlanWords.Quoted(line) + " (linux.intelRdt)");
            }

            text.Line(rdt.Monitor is not null, "resctrl monitoring group " + PlanWords.Quoted(rdt.Monitor ?? ""));
        }

        text.Line("device program of " + plan.DeviceProgram.Length.ToString() + " instructions (linux.resources.devices)");
        foreach (string warning in plan.Resources.Warnings)
        {
            text.Line("warn: " + warning);
        }
    }

    private static void Unit(Sections text, SystemdUnit unit)
    {
        foreach (UnitProperty property in unit.Properties)
        {
            text.Line("property " + PlanWords.Quoted(property.Name) + " " + property.Value + " (" + property.Place + ")");
        }

        foreach (UnitDevice device in unit.Devices ?? [])
        {
            text.Line("unit device " + PlanWords.Quoted(device.Pattern) + " " + PlanWords.Quoted(device.Access)
                + " (linux.resources.devices)");
        }

        if (unit.SubGroup is not null)
        {
            text.Line("cgroup " + PlanWords.Quoted(unit.SubGroup) + " below it");
        }
    }

    private static string Write(CgroupWrite write)
    {
        StringBuilder text = new(PlanWords.Quoted(write.File));
        text.Append(' ').Append(PlanWords.Quoted(write.Value)).Append(write.KeepsFirstWord ? " after its first word" : "");
        text.Append(" (").Append(write.Place).Append(write.Controller.Length == 0 ? "" : ", controller " + write.Controller).Append(')');
        text.Append(write.UnlessIdle ? ", unless idle" : "");
        text.Append(write.OnError switch
        {
            CgroupError.Refuse => "",
            CgroupError.IgnoreMissing => ", if there is such a file",
            CgroupError.RetryAfterNext => ", perhaps after the next one",
            _ => ", on error " + write.OnError.ToString(),
        });
        return write.Fallback is null ? text.ToString() : text.Append(", or ").Append(Write(write.Fallback)).ToString();
    }
}
